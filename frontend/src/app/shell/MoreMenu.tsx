import { Menu } from "@mantine/core";
import { IconActivityHeartbeat, IconDots, IconRoute, IconSparkles } from "@tabler/icons-react";
import { Link, useRouterState } from "@tanstack/react-router";

const PAGES = [
  { to: "/rules", name: "Rules", Icon: IconRoute },
  { to: "/settings/ai", name: "AI", Icon: IconSparkles },
  { to: "/status", name: "Status", Icon: IconActivityHeartbeat },
] as const;

/** The pages for which the bar of narrow windows has no room. */
export function MoreMenu({ className }: { className: string | undefined }) {
  const open = useRouterState({
    select: ({ location }) => PAGES.some(({ to }) => to === location.pathname),
  });
  return (
    <Menu position="top-end" shadow="md" width={200}>
      <Menu.Target>
        <button
          type="button"
          className={className}
          aria-label="More pages"
          aria-current={open ? "page" : undefined}
        >
          <IconDots size={22} stroke={1.7} aria-hidden /> More
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {PAGES.map(({ to, name, Icon }) => (
          <Menu.Item
            key={to}
            component={Link}
            to={to}
            leftSection={<Icon size={18} stroke={1.7} aria-hidden />}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
