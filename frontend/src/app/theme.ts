import {
  type CSSVariablesResolver,
  createTheme,
  Loader,
  type MantineColorsTuple,
  Menu,
  Modal,
  Popover,
  Tooltip,
} from "@mantine/core";

const brand: MantineColorsTuple = [
  "#f1f0ff",
  "#e2e0fe",
  "#c6c2fc",
  "#a9a3fa",
  "#8f87f8",
  "#7568f3",
  "#5a4ce6",
  "#4a3cd0",
  "#3d32ab",
  "#322a87",
];

const gray: MantineColorsTuple = [
  "#f7f7fb",
  "#f0f0f6",
  "#e6e6ef",
  "#d9d9e5",
  "#c2c2d2",
  "#9696ab",
  "#5c5c73",
  "#454559",
  "#2e2e3f",
  "#1a1a29",
];

const dark: MantineColorsTuple = [
  "#ececf4",
  "#cfcfdc",
  "#a9a9bd",
  "#85859c",
  "#35354a",
  "#2a2a3b",
  "#1e1e2b",
  "#171722",
  "#0f0f18",
  "#0a0a11",
];

const font =
  "'Inter Variable', Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif";

export const theme = createTheme({
  primaryColor: "brand",
  primaryShade: { light: 6, dark: 6 },
  colors: { brand, gray, dark },
  black: "#1a1a29",
  fontFamily: font,
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
  headings: { fontFamily: font, fontWeight: "650" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Tooltip: Tooltip.extend({
      defaultProps: {
        withArrow: true,
        openDelay: 250,
        events: { hover: true, focus: true, touch: true },
      },
    }),
    // The invisible first stop of the focus is nothing that a menu may hold.
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    Popover: Popover.extend({ defaultProps: { withArrow: true, shadow: "md" } }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        radius: "lg",
        // Its <header> element would count as a second banner of the page.
        attributes: { header: { role: "presentation" } },
        closeButtonProps: { "aria-label": "Close" },
        overlayProps: { backgroundOpacity: 0.45, blur: 2 },
      },
    }),
    Loader: Loader.extend({ defaultProps: { type: "oval" } }),
  },
});

/** Mantine's own variables where its defaults miss the contrast that WCAG AA asks for. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#5c5c73",
    "--mantine-color-placeholder": "#6b6b82",
    "--mantine-color-anchor": "#4a3cd0",
    "--mantine-color-error": "#c22f2f",
  },
  dark: {
    "--mantine-color-body": "#171722",
    "--mantine-color-dimmed": "#a9a9bd",
    "--mantine-color-placeholder": "#9494aa",
    "--mantine-color-anchor": "#b0aafc",
    "--mantine-color-error": "#ff8f8f",
  },
});
