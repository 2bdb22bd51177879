import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { asProblem } from "@/api/problem";

const CLOSE = { "aria-label": "Close the message" };

/** Says that something worked. */
export function notifyDone(message: string): void {
  notifications.show({
    message,
    color: "teal",
    icon: <IconCheck size={18} aria-hidden />,
    closeButtonProps: CLOSE,
  });
}

/** Says in the server's sentence why something did not work. */
export function notifyProblem(error: unknown, title: string): void {
  const problem = asProblem(error);
  notifications.show({
    title,
    message: `${problem.message} (${problem.code})`,
    color: "red",
    icon: <IconAlertTriangle size={18} aria-hidden />,
    autoClose: 10_000,
    closeButtonProps: CLOSE,
  });
}
