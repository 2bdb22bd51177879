import { IconEye } from "@tabler/icons-react";
import classes from "./ReviewMark.module.css";

/** Says that somebody should look at a document. */
export function ReviewMark() {
  return (
    <span className={classes.mark}>
      <IconEye size={14} stroke={2.2} aria-hidden />
      Needs review
    </span>
  );
}
