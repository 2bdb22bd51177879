import { Button } from "@mantine/core";
import { IconMapOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { EmptyPanel } from "@/shared/ui/EmptyPanel";
import { PageHeader } from "@/shared/ui/PageHeader";

/** For addresses that lead nowhere. */
export function NotFoundPage() {
  useDocumentTitle("Page not found");
  return (
    <>
      <PageHeader title="Page not found" />
      <EmptyPanel
        icon={<IconMapOff size={32} stroke={1.6} />}
        title="There is no page at this address"
        actions={
          <Button renderRoot={(props) => <Link to="/" {...props} />}>To all documents</Button>
        }
      >
        Your documents are all still there.
      </EmptyPanel>
    </>
  );
}
