import { render } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { SnippetText } from "./SnippetText";

describe("SnippetText", () => {
  it("marks the given ranges", () => {
    const snippet = { text: "😀 consent of the landlord", highlights: [[2, 9]] };
    const { container } = render(<SnippetText snippet={snippet} />);
    expect(container.querySelector("mark")).toHaveTextContent("consent");
    expect(container).toHaveTextContent(snippet.text);
  });

  it("shows markup of a document as text, never as markup", () => {
    const text = '<img src=x onerror="alert(1)"><script>alert(2)</script> rent';
    const { container } = render(
      <SnippetText
        snippet={{
          text,
          highlights: [
            [0, 8],
            [56, 60],
          ],
        }}
      />,
    );
    expect(container.querySelector("img, script")).toBeNull();
    expect(container.textContent).toBe(text);
  });
});
