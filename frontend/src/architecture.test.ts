import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = import.meta.dirname;
const LONGEST = 400;
const IMPORT = /(?:from\s+|import\s*\(?\s*)"([^"]+)"/g;

interface Source {
  path: string;
  text: string;
  imports: string[];
}

const sources: Source[] = readdirSync(ROOT, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path) && !path.startsWith(join("api", "generated")))
  .map((path) => {
    const text = readFileSync(join(ROOT, path), "utf8");
    const imports = [...text.matchAll(IMPORT)].flatMap(([, name = ""]) => {
      if (name.startsWith("@/")) return [name.slice(2)];
      return name.startsWith(".") ? [relative(ROOT, resolve(ROOT, dirname(path), name))] : [];
    });
    return { path, text, imports };
  });

const production = sources.filter(({ path }) => !/\.test\.tsx?$|^test\//.test(path));
const moduleOf = (path: string) => /^modules\/([^/]+)/.exec(path)?.[1];

function breaches(
  from: (path: string) => boolean,
  forbidden: (path: string, source: string) => boolean,
) {
  return production
    .filter(({ path }) => from(path))
    .flatMap(({ path, imports }) =>
      imports.filter((name) => forbidden(name, path)).map((name) => `${path} -> ${name}`),
    );
}

describe("architecture", () => {
  it("looks at the real sources", () => {
    expect(production.length).toBeGreaterThan(60);
    expect(production.flatMap(({ imports }) => imports).length).toBeGreaterThan(150);
  });

  it("keeps modules strangers to each other", () => {
    const foreign = (name: string, source: string) =>
      moduleOf(name) !== undefined && moduleOf(name) !== moduleOf(source);
    expect(breaches((path) => path.startsWith("modules/"), foreign)).toEqual([]);
  });

  it("lets nothing below know the app or the modules", () => {
    const upward = (name: string) => /^(app|modules|routes)\b/.test(name);
    expect(breaches((path) => /^(shared|api)\//.test(path), upward)).toEqual([]);
    expect(
      breaches(
        (path) => path.startsWith("modules/"),
        (name) => /^(app|routes)\b/.test(name),
      ),
    ).toEqual([]);
    expect(
      breaches(
        (path) => path.startsWith("api/"),
        (name) => name.startsWith("shared/"),
      ),
    ).toEqual([]);
  });

  it("keeps tests out of the product", () => {
    expect(
      breaches(
        () => true,
        (name) => name.startsWith("test/"),
      ),
    ).toEqual([]);
  });

  it("never renders markup of others", () => {
    const markup =
      /dangerouslySetInnerHTML|\.innerHTML|insertAdjacentHTML|document\.write|customTextRenderer/;
    const culprits = production.filter(({ text }) => markup.test(text));
    expect(culprits.map(({ path }) => path)).toEqual([]);
  });

  it("asks no other host for anything", () => {
    const culprits = production.filter(({ text }) => /["'`](https?:)?\/\/\w/.test(text));
    expect(culprits.map(({ path }) => path)).toEqual([]);
  });

  it("keeps files short", () => {
    const long = sources.filter(({ text }) => text.split("\n").length > LONGEST);
    expect(long.map(({ path }) => path)).toEqual([]);
  });
});
