import {
  IconFile,
  IconFileTypePdf,
  IconFileText,
  IconFileWord,
  IconMail,
  IconPhoto,
} from "@tabler/icons-react";
import type { Family } from "@/api/types";
import { FAMILY_NAMES } from "../format/documents";
import classes from "./TypeIcon.module.css";

const ICONS = {
  pdf: IconFileTypePdf,
  office: IconFileWord,
  text: IconFileText,
  email: IconMail,
  image: IconPhoto,
  other: IconFile,
};

/** The tile that tells the kind of a document at a glance. */
export function TypeIcon({ family, size = 40 }: { family: Family; size?: number }) {
  const Icon = ICONS[family];
  return (
    <span
      className={classes.tile}
      data-family={family}
      style={{ width: size, height: size }}
      role="img"
      aria-label={FAMILY_NAMES[family]}
    >
      <Icon size={size * 0.56} stroke={1.6} aria-hidden />
    </span>
  );
}
