import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconChevronDown, IconFolderUp, IconUpload } from "@tabler/icons-react";
import { useUploader } from "@/shared/uploader";
import { useUploads } from "../UploadsProvider";
import classes from "./UploadButton.module.css";

/** Upload, and how. */
export function UploadButton() {
  const { chooseFiles } = useUploader();
  const { autoClassify, setAutoClassify, chooseFolder } = useUploads();
  return (
    <div className={classes.pair}>
      <Button
        className={classes.main}
        leftSection={<IconUpload size={16} aria-hidden />}
        onClick={chooseFiles}
      >
        Upload
      </Button>
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <ActionIcon
            className={classes.more}
            size={36}
            variant="filled"
            aria-label="More ways to upload"
          >
            <IconChevronDown size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconFolderUp size={16} aria-hidden />} onClick={chooseFolder}>
            Upload a folder…
          </Menu.Item>
          <Menu.Divider />
          <Menu.CheckboxItem
            checked={autoClassify}
            onChange={() => setAutoClassify(!autoClassify)}
            closeMenuOnClick={false}
          >
            Find topics automatically
          </Menu.CheckboxItem>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
