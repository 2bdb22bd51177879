import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { UploadsProvider } from "@/modules/uploads/UploadsProvider";
import { createQueryClient } from "./queryClient";
import { cssVariables, theme } from "./theme";

const colorScheme = localStorageColorSchemeManager({ key: "docuvault-color-scheme" });

interface ProvidersProps {
  children: ReactNode;
  queryClient?: QueryClient;
  /** In tests everything appears at once. */
  env?: "default" | "test";
}

/** Everything that stands around all pages. */
export function Providers({ children, queryClient, env = "default" }: ProvidersProps) {
  const [queries] = useState(() => queryClient ?? createQueryClient());
  return (
    <MantineProvider
      env={env}
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={colorScheme}
      defaultColorScheme="auto"
    >
      <QueryClientProvider client={queries}>
        <Notifications position="top-right" containerWidth={380} />
        <UploadsProvider>{children}</UploadsProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
