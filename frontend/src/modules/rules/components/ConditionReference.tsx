import classes from "./ConditionField.module.css";

const FIELDS = [
  ["filename", "the name of the file, such as invoice-7.pdf"],
  ["extension", "its end without the dot: pdf"],
  ["title", "the title of the document"],
  ["mime", "the media type: application/pdf"],
  ["family", "pdf, text, office, email, image or other"],
  ["language", "en, de …, where the file tells it"],
  ["topic", "the names of its topics"],
  ["confidence", "how sure the surest topic is: 0 to 1"],
  ["size_bytes", "size of the file"],
  ["page_count", "number of pages"],
  ["character_count", "characters of its text"],
] as const;

const WORDS = [
  ["== != in (…)", "for texts and numbers"],
  ["contains startswith endswith", "for texts"],
  ["< <= > >=", "for numbers"],
  ["and or not (…)", "between comparisons"],
] as const;

function Table({ rows }: { rows: readonly (readonly [string, string])[] }) {
  return (
    <dl>
      {rows.map(([name, meaning]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>
            <code>{name}</code>
          </dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What may stand in a condition, at a glance. */
export function ConditionReference() {
  return (
    <details className={classes.reference}>
      <summary>Fields and words</summary>
      <Table rows={FIELDS} />
      <Table rows={WORDS} />
      <p>
        Texts stand in double quotes; case and accents do not matter. What a document does not have
        makes a comparison false.
      </p>
    </details>
  );
}
