import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouterHistory,
} from "@tanstack/react-router";
import { AppLayout } from "./app/shell/AppLayout";
import { NotFoundPage } from "./app/shell/NotFoundPage";
import { RouteError } from "./app/shell/RouteError";
import { DocumentsPage } from "./modules/documents/pages/DocumentsPage";
import {
  parseDocumentListParams,
  parseDocumentParams,
} from "./modules/documents/pages/searchParams";
import { parseSearchParams } from "./modules/search/pages/searchParams";

const root = createRootRoute({
  component: AppLayout,
  notFoundComponent: NotFoundPage,
  errorComponent: RouteError,
});

const documents = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: parseDocumentListParams,
  component: DocumentsPage,
});

const document = createRoute({
  getParentRoute: () => root,
  path: "/documents/$documentId",
  validateSearch: parseDocumentParams,
  component: lazyRouteComponent(
    () => import("./modules/documents/pages/DocumentPage"),
    "DocumentPage",
  ),
});

const topics = createRoute({
  getParentRoute: () => root,
  path: "/topics",
  component: lazyRouteComponent(() => import("./modules/topics/pages/TopicsPage"), "TopicsPage"),
});

const rules = createRoute({
  getParentRoute: () => root,
  path: "/rules",
  component: lazyRouteComponent(() => import("./modules/rules/pages/RulesPage"), "RulesPage"),
});

const search = createRoute({
  getParentRoute: () => root,
  path: "/search",
  validateSearch: parseSearchParams,
  component: lazyRouteComponent(() => import("./modules/search/pages/SearchPage"), "SearchPage"),
});

const ai = createRoute({
  getParentRoute: () => root,
  path: "/settings/ai",
  component: lazyRouteComponent(() => import("./modules/ai/pages/AIPage"), "AIPage"),
});

const status = createRoute({
  getParentRoute: () => root,
  path: "/status",
  component: lazyRouteComponent(() => import("./modules/status/pages/StatusPage"), "StatusPage"),
});

const routeTree = root.addChildren([documents, document, topics, rules, search, ai, status]);

/** The pages and their addresses. */
export function createAppRouter(history?: RouterHistory) {
  return createRouter({
    routeTree,
    ...(history && { history }),
    defaultPreload: "intent",
    scrollRestoration: true,
    search: { strict: true },
    defaultErrorComponent: RouteError,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
