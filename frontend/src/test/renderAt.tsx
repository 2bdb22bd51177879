import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Providers } from "@/app/Providers";
import { createQueryClient } from "@/app/queryClient";
import { createAppRouter } from "@/routes";

/** The whole app at an address, with a person in front of it. */
export function renderAt(address: string) {
  const router = createAppRouter(createMemoryHistory({ initialEntries: [address] }));
  const queries = createQueryClient();
  const view = render(
    <Providers env="test" queryClient={queries}>
      <RouterProvider router={router} />
    </Providers>,
  );
  return { ...view, router, queries, user: userEvent.setup() };
}
