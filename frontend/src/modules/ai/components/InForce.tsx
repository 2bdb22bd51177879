import { IconAlertTriangle, IconCloudUp, IconShieldCheck } from "@tabler/icons-react";
import type { AISettings } from "@/api/types";
import facts from "@/shared/ui/Facts.module.css";
import { Section } from "@/shared/ui/Section";
import classes from "./InForce.module.css";
import { providerName } from "./ProviderCards";

const SOURCES = {
  stored: "On this page",
  environment: "In the settings of the server",
} as const;

const KEYS = {
  none: "None",
  stored: "A key is kept",
  environment: "In the settings of the server",
  unreadable: "Kept, but can no longer be read",
} as const;

function Where({ settings }: { settings: AISettings }) {
  if (!settings.text_leaves_the_vault) {
    return (
      <p className={classes.good}>
        <IconShieldCheck size={22} aria-hidden />
        <span>
          <strong>No text leaves the vault.</strong> Topics are proposed by a model inside it.
        </span>
      </p>
    );
  }
  return (
    <p className={classes.away}>
      <IconCloudUp size={22} aria-hidden />
      <span>
        <strong>Text leaves the vault.</strong> The first part of every new document is sent to{" "}
        <strong>{settings.host}</strong>.
      </span>
    </p>
  );
}

/** What stands now, and where the text of documents goes. */
export function InForce({ settings }: { settings: AISettings }) {
  const remote = settings.provider !== "local";
  return (
    <Section title="In use now">
      <Where settings={settings} />
      {settings.problem && (
        <p className={classes.bad}>
          <IconAlertTriangle size={22} aria-hidden />
          <span>
            <strong>Nobody can be asked.</strong> {settings.problem}
          </span>
        </p>
      )}
      <dl className={facts.facts}>
        <dt>Provider</dt>
        <dd>{providerName(settings.provider)}</dd>
        {remote && (
          <>
            <dt>Model</dt>
            <dd>{settings.model}</dd>
            <dt>Address</dt>
            <dd>{settings.base_url}</dd>
            <dt>Key</dt>
            <dd>{KEYS[settings.key_source]}</dd>
          </>
        )}
        <dt>Chosen</dt>
        <dd>{SOURCES[settings.source]}</dd>
      </dl>
    </Section>
  );
}
