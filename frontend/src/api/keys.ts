/** Names of everything that is kept of the server's answers. */
export const keys = {
  documents: ["documents"] as const,
  documentLists: ["documents", "list"] as const,
  documentList: (query: object) => ["documents", "list", query] as const,
  document: (id: string) => ["documents", "one", id] as const,
  documentText: (id: string, page: number | null) => ["documents", "text", id, page] as const,
  topics: ["topics"] as const,
  rules: ["rules"] as const,
  ruleTrial: (id: string) => ["rules", "trial", id] as const,
  condition: (text: string) => ["condition", text] as const,
  search: ["search"] as const,
  searchResults: (query: object) => ["search", query] as const,
  info: ["info"] as const,
  ai: ["ai"] as const,
  status: ["status"] as const,
};
