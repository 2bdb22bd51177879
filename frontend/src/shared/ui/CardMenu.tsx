import { ActionIcon, Menu } from "@mantine/core";
import { IconDots, IconPencil, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface CardMenuProps {
  /** Of what the card shows. */
  name: string;
  width?: number;
  onEdit: () => void;
  onDelete: () => void;
  /** Items between changing and deleting. */
  children?: ReactNode;
}

/** What can be done with the thing on a card. */
export function CardMenu({ name, width = 160, onEdit, onDelete, children }: CardMenuProps) {
  return (
    <Menu position="bottom-end" width={width}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`More for ${name}`}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconPencil size={16} aria-hidden />} onClick={onEdit}>
          Change…
        </Menu.Item>
        {children}
        <Menu.Item leftSection={<IconTrash size={16} aria-hidden />} onClick={onDelete}>
          Delete…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
