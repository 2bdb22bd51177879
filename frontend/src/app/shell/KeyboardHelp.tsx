import { Kbd, Modal, Switch } from "@mantine/core";
import classes from "./KeyboardHelp.module.css";

const KEYS = [
  ["/", "Go to the search box"],
  ["u", "Upload files"],
  ["d", "All documents"],
  ["t", "Topics"],
  ["j", "Next row of a list"],
  ["k", "Previous row of a list"],
  ["?", "This help"],
] as const;

interface KeyboardHelpProps {
  opened: boolean;
  onClose: () => void;
  enabled: boolean;
  onEnabled: (on: boolean) => void;
}

/** All keys at a glance, and the switch for those who do not want them. */
export function KeyboardHelp({ opened, onClose, enabled, onEnabled }: KeyboardHelpProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts">
      <dl className={classes.keys}>
        {KEYS.map(([key, meaning]) => (
          <div key={key} className={classes.line}>
            <dt>
              <Kbd>{key}</Kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <Switch
        label="Use single-key shortcuts"
        description="Turn them off if you use speech input or press keys by accident."
        checked={enabled}
        onChange={(event) => onEnabled(event.currentTarget.checked)}
      />
    </Modal>
  );
}
