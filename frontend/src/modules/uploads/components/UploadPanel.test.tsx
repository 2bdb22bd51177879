import { screen, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { aDocument } from "@/test/fixtures";
import { renderAt } from "@/test/renderAt";
import { problem, server } from "@/test/server";

// Without layout the virtual list shows no rows, so these tests look at the summary and the foot.
describe("UploadPanel", () => {
  it("tells how the files are doing and stays while people walk on", async () => {
    server.use(
      http.post("/api/documents/upload", async ({ request }) => {
        return (await request.text()).includes("these bytes are refused")
          ? problem(422, "type_mismatch", "Not what its name says.")
          : HttpResponse.json({ document: aDocument(), duplicate: false }, { status: 201 });
      }),
    );
    const { user } = renderAt("/");
    await screen.findByRole("heading", { name: "Documents" });
    await user.upload(screen.getByTestId("file-input"), [
      new File(["a"], "a.txt"),
      new File(["these bytes are refused"], "bad.txt"),
      new File([], "empty.txt"),
    ]);
    const panel = await screen.findByRole("region", { name: "Uploads" });
    expect(await within(panel).findByText("1 of 3 ready, 2 failed")).toBeVisible();
    await user.click(screen.getAllByRole("link", { name: /^Topics$/ })[0] as HTMLElement);
    await screen.findByRole("heading", { name: "Topics", level: 1 });
    expect(screen.getByTestId("upload-summary")).toHaveTextContent("1 of 3 ready, 2 failed");
    await user.click(screen.getByRole("button", { name: "Close the upload panel" }));
    expect(screen.queryByRole("region", { name: "Uploads" })).toBeNull();
  });
});
