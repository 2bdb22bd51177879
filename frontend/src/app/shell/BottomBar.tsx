import { IconFiles, IconSearch, IconTags, IconUpload } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useUploader } from "@/shared/uploader";
import classes from "./BottomBar.module.css";
import { MoreMenu } from "./MoreMenu";

/** The way around on narrow windows, in reach of the thumb. */
export function BottomBar() {
  const { chooseFiles } = useUploader();
  return (
    <nav aria-label="Main" className={classes.bar}>
      <Link to="/" className={classes.link} activeOptions={{ exact: true }}>
        <IconFiles size={22} stroke={1.7} aria-hidden /> Documents
      </Link>
      <Link to="/topics" className={classes.link}>
        <IconTags size={22} stroke={1.7} aria-hidden /> Topics
      </Link>
      <Link to="/search" className={classes.link}>
        <IconSearch size={22} stroke={1.7} aria-hidden /> Search
      </Link>
      <button type="button" className={classes.link} onClick={chooseFiles}>
        <IconUpload size={22} stroke={1.7} aria-hidden /> Upload
      </button>
      <MoreMenu className={classes.link} />
    </nav>
  );
}
