import { Button, Skeleton, VisuallyHidden } from "@mantine/core";
import { IconPlus, IconRoute } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { Rule } from "@/api/types";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { notifyProblem } from "@/shared/notify";
import { visibleText } from "@/shared/text/visible";
import { EmptyPanel } from "@/shared/ui/EmptyPanel";
import { PageHeader } from "@/shared/ui/PageHeader";
import { ProblemNotice } from "@/shared/ui/ProblemNotice";
import { DeleteRuleDialog } from "../components/DeleteRuleDialog";
import { EXAMPLE } from "../components/draft";
import { RuleCard, type Step } from "../components/RuleCard";
import { type Editing, RuleForm } from "../components/RuleForm";
import { TrialDialog } from "../components/TrialDialog";
import { useOrderRules, useSaveRule } from "../queries/mutations";
import { rulesQuery } from "../queries/rules";
import classes from "./RulesPage.module.css";

interface RuleListProps {
  rules: Rule[];
  onEdit: (rule: Rule) => void;
  onTry: (rule: Rule) => void;
  onDelete: (rule: Rule) => void;
}

function RuleList({ rules, onEdit, onTry, onDelete }: RuleListProps) {
  const list = useRef<HTMLOListElement>(null);
  const moved = useRef<{ id: string; step: Step } | null>(null);
  const [said, setSaid] = useState("");
  const order = useOrderRules();
  const save = useSaveRule();

  // The button that was pressed has moved along with its rule, or is at its end.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for every order
  useEffect(() => {
    if (!moved.current) return;
    const { id, step } = moved.current;
    moved.current = null;
    const find = (way: number) =>
      list.current?.querySelector<HTMLButtonElement>(`[data-move="${id}:${way}"]:not(:disabled)`);
    (find(step) ?? find(-step))?.focus();
  }, [rules]);

  function move(rule: Rule, step: Step): void {
    const from = rules.indexOf(rule);
    const next = rules.toSpliced(from, 1).toSpliced(from + step, 0, rule);
    moved.current = { id: rule.id, step };
    setSaid(`${visibleText(rule.name)} is now rule ${from + step + 1} of ${rules.length}.`);
    order.mutate(next, {
      onError: (error) => notifyProblem(error, "The order was not changed"),
    });
  }

  const toggle = ({ id, name, condition, actions }: Rule, enabled: boolean) =>
    save.mutate(
      { id, draft: { name, condition, actions, enabled } },
      { onError: (error) => notifyProblem(error, "The rule was not switched") },
    );

  return (
    <>
      <ol ref={list} className={classes.list} aria-label="Rules">
        {rules.map((rule, index) => (
          <RuleCard
            key={rule.id}
            rule={rule}
            place={index + 1}
            places={rules.length}
            onMove={(step) => move(rule, step)}
            onSwitch={(enabled) => toggle(rule, enabled)}
            onEdit={() => onEdit(rule)}
            onTry={() => onTry(rule)}
            onDelete={() => onDelete(rule)}
          />
        ))}
      </ol>
      <VisuallyHidden role="status">{said}</VisuallyHidden>
    </>
  );
}

/** All rules: what happens to new documents of a kind. */
export function RulesPage() {
  useDocumentTitle("Rules");
  const rules = useQuery(rulesQuery);
  const [editing, setEditing] = useState<Editing | null>(null);
  const [trying, setTrying] = useState<Rule | null>(null);
  const [deleting, setDeleting] = useState<Rule | null>(null);
  const button = (
    <Button
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => setEditing({ rule: null })}
    >
      New rule
    </Button>
  );
  const some = rules.data !== undefined && rules.data.length > 0;
  return (
    <>
      <PageHeader
        title="Rules"
        note="What happens to new documents of a kind"
        actions={some && button}
      />
      {rules.error && !rules.data && (
        <ProblemNotice
          title="The rules could not be listed"
          error={rules.error}
          onRetry={() => void rules.refetch()}
        />
      )}
      {rules.isPending && (
        <div className={classes.list} aria-busy="true">
          <Skeleton height={130} radius="lg" />
          <Skeleton height={130} radius="lg" />
        </div>
      )}
      {rules.data?.length === 0 && (
        <EmptyPanel
          icon={<IconRoute size={32} stroke={1.6} />}
          title="Let rules do the routine"
          actions={
            <>
              {button}
              <Button variant="default" onClick={() => setEditing({ rule: null, start: EXAMPLE })}>
                Start from this example
              </Button>
            </>
          }
        >
          A rule gives topics or a title to new documents of a kind, or asks you to look at them.
          <code className={classes.example}>
            if {EXAMPLE.condition}
            {"\n"}then title “{EXAMPLE.actions.title}”, needs review
          </code>
        </EmptyPanel>
      )}
      {rules.data && some && (
        <>
          <p className={classes.tip}>
            Rules are asked from top to bottom once the topics of a new document are found. All that
            hold are followed; of several titles the last one counts. What you decide yourself
            stays.
          </p>
          <RuleList
            rules={rules.data}
            onEdit={(rule) => setEditing({ rule })}
            onTry={setTrying}
            onDelete={setDeleting}
          />
        </>
      )}
      <RuleForm editing={editing} onDone={() => setEditing(null)} />
      <TrialDialog rule={trying} onDone={() => setTrying(null)} />
      <DeleteRuleDialog rule={deleting} onDone={() => setDeleting(null)} />
    </>
  );
}
