import { useState } from "react";
import { fileUrl } from "@/api/queries/documents";
import type { DocumentDetail } from "@/api/types";
import { visibleText } from "@/shared/text/visible";
import classes from "./ImageView.module.css";

/** Types that every browser shows and that run nothing. */
export const SHOWN_IMAGES: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/webp",
  "image/gif",
]);

export function ImageView({ document }: { document: DocumentDetail }) {
  const [broken, setBroken] = useState(false);
  if (broken) return <p className={classes.broken}>This image cannot be shown here.</p>;
  return (
    <div className={classes.frame}>
      <img
        src={fileUrl(document.id)}
        alt={visibleText(document.title)}
        onError={() => setBroken(true)}
      />
    </div>
  );
}
