import { Button, Group, Modal, Text } from "@mantine/core";
import type { ReactNode } from "react";

interface ConfirmDialogProps {
  opened: boolean;
  title: string;
  /** What will happen. */
  children: ReactNode;
  /** The words on the button that does it, and on the one that does not. */
  confirm?: string;
  keep?: string;
  sending: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something goes; the answer at hand is to keep it. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { opened, title, children, confirm = "Delete", keep = "Keep it" } = props;
  return (
    <Modal opened={opened} onClose={props.onClose} title={title}>
      <Text size="sm">{children}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={props.onClose} data-autofocus>
          {keep}
        </Button>
        <Button color="red.8" loading={props.sending} onClick={props.onConfirm}>
          {confirm}
        </Button>
      </Group>
    </Modal>
  );
}
