import { Radio } from "@mantine/core";
import type { Provider } from "../draft";
import classes from "./ProviderCards.module.css";

const PROVIDERS: readonly { provider: Provider; name: string; words: string }[] = [
  { provider: "local", name: "Local", words: "A small model inside the vault. Nothing leaves it." },
  { provider: "ollama", name: "Ollama", words: "Models on a machine of your own." },
  {
    provider: "openai",
    name: "OpenAI or compatible",
    words: "OpenAI, LM Studio, vLLM and others that speak its language.",
  },
  { provider: "anthropic", name: "Anthropic", words: "Claude models over Anthropic's API." },
];

export function providerName(provider: Provider): string {
  return PROVIDERS.find((known) => known.provider === provider)?.name ?? provider;
}

interface ProviderCardsProps {
  value: Provider;
  onChange: (provider: Provider) => void;
}

/** The four ways to have topics proposed, one of which is chosen. */
export function ProviderCards({ value, onChange }: ProviderCardsProps) {
  return (
    <Radio.Group
      label="Who proposes topics"
      value={value}
      onChange={(provider) => onChange(provider as Provider)}
    >
      <div className={classes.cards}>
        {PROVIDERS.map(({ provider, name, words }) => (
          <Radio
            key={provider}
            value={provider}
            label={name}
            description={words}
            classNames={{ root: classes.card, body: classes.body, labelWrapper: classes.words }}
          />
        ))}
      </div>
    </Radio.Group>
  );
}
