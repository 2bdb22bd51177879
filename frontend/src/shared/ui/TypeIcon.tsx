import {
  IconFile,
  IconFileText,
  IconFileTypePdf,
  IconFileWord,
  IconMail,
  IconPhoto,
  IconPresentation,
  IconTable,
} from "@tabler/icons-react";
import type { Document, Family } from "@/api/types";
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

function iconOf(family: Family, mediaType: string) {
  if (mediaType === "text/csv" || mediaType.includes("spreadsheet")) return IconTable;
  if (mediaType.includes("presentation")) return IconPresentation;
  return ICONS[family];
}

interface TypeIconProps {
  document: Pick<Document, "family" | "media_type">;
  size?: number;
}

/** The tile that tells the kind of a document at a glance. */
export function TypeIcon({
  document: { family, media_type: mediaType },
  size = 40,
}: TypeIconProps) {
  const Icon = iconOf(family, mediaType);
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
