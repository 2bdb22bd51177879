import { ActionIcon, Menu, Switch } from "@mantine/core";
import { IconAlertTriangle, IconArrowDown, IconArrowUp, IconFlask } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { topicsQuery } from "@/api/queries/topics";
import type { Rule } from "@/api/types";
import { plural } from "@/shared/format/quantity";
import { visibleText } from "@/shared/text/visible";
import { CardMenu } from "@/shared/ui/CardMenu";
import { FileName } from "@/shared/ui/FileName";
import { ReviewMark } from "@/shared/ui/ReviewMark";
import { TopicPill } from "@/shared/ui/TopicPill";
import classes from "./RuleCard.module.css";

export type Step = -1 | 1;

interface RuleCardProps {
  rule: Rule;
  /** Its place in the order, from 1, and how many places there are. */
  place: number;
  places: number;
  onMove: (step: Step) => void;
  onSwitch: (enabled: boolean) => void;
  onEdit: () => void;
  onTry: () => void;
  onDelete: () => void;
}

function Actions({ rule }: { rule: Rule }) {
  const topics = useQuery(topicsQuery);
  const given = (topics.data ?? []).filter(({ id }) => rule.actions.topic_ids.includes(id));
  return (
    <div className={classes.actions}>
      then
      {given.map(({ id, name, color }) => (
        <TopicPill key={id} name={name} color={color} />
      ))}
      {rule.actions.title !== null && (
        <span>
          title “<FileName name={rule.actions.title} />”
        </span>
      )}
      {rule.actions.needs_review && <ReviewMark />}
    </div>
  );
}

function Faults({ rule }: { rule: Rule }) {
  const missing = rule.missing_topic_ids.length;
  const faults = [
    rule.fault && `This rule is passed over. ${rule.fault}`,
    missing > 0 &&
      `${plural(missing, "topic")} of this rule ${missing === 1 ? "is" : "are"} gone; the rest is done.`,
  ];
  return faults.filter(Boolean).map((words) => (
    <p key={String(words)} className={classes.fault}>
      <IconAlertTriangle size={15} aria-hidden /> {words}
    </p>
  ));
}

/** One rule of the page. */
export function RuleCard(props: RuleCardProps) {
  const { rule, place, places, onMove, onSwitch, onEdit, onTry, onDelete } = props;
  const name = visibleText(rule.name);
  const move = (step: Step, label: string, Icon: typeof IconArrowUp, possible: boolean) => (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={`Move ${name} ${label}`}
      data-move={`${rule.id}:${step}`}
      disabled={!possible}
      onClick={() => onMove(step)}
    >
      <Icon size={18} aria-hidden />
    </ActionIcon>
  );
  return (
    <li className={classes.card} data-testid="rule">
      <div className={classes.place}>
        {move(-1, "up", IconArrowUp, place > 1)}
        {place}
        {move(1, "down", IconArrowDown, place < places)}
      </div>
      <h2 className={classes.name}>
        <FileName name={rule.name} />
        {!rule.enabled && <span className={classes.off}>switched off</span>}
      </h2>
      <div className={classes.tools}>
        <Switch
          aria-label={`Use the rule ${name}`}
          checked={rule.enabled}
          onChange={(event) => onSwitch(event.currentTarget.checked)}
        />
        <CardMenu name={name} width={210} onEdit={onEdit} onDelete={onDelete}>
          <Menu.Item leftSection={<IconFlask size={16} aria-hidden />} onClick={onTry}>
            Try on my documents…
          </Menu.Item>
        </CardMenu>
      </div>
      <div className={classes.words}>
        <code className={classes.condition}>if {visibleText(rule.condition)}</code>
        <Actions rule={rule} />
        <Faults rule={rule} />
      </div>
    </li>
  );
}
