import { useId } from "react";

/** The sheet with the keyhole. */
export function Logo({ size = 28 }: { size?: number }) {
  const gradient = useId();
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <defs>
        <linearGradient id={gradient} x1="0" y1="0" x2="1" y2="1">
          <stop offset="0" stopColor="#6d63f5" />
          <stop offset="1" stopColor="#3f35c9" />
        </linearGradient>
      </defs>
      <rect width="32" height="32" rx="9" fill={`url(#${gradient})`} />
      <path
        d="M10 7.5h8.2L23 12.3V23a1.8 1.8 0 0 1-1.8 1.8H10.8A1.8 1.8 0 0 1 9 23V8.5a1 1 0 0 1 1-1Z"
        fill="#fff"
      />
      <path d="M18 7.5v3.6a1.4 1.4 0 0 0 1.4 1.4H23Z" fill="#c9c5fb" />
      <circle cx="16" cy="16.6" r="2.3" fill="#3f35c9" />
      <path d="M15.1 17.8h1.8l.7 3.6h-3.2Z" fill="#3f35c9" />
    </svg>
  );
}
