import { Button, PasswordInput, Title } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { adminToken, bearer, isSendable } from "@/api/admin";
import { client, unwrap } from "@/api/client";
import { asProblem } from "@/api/problem";
import classes from "./AdminTokenForm.module.css";

async function check(token: string): Promise<void> {
  await unwrap(client.GET("/api/admin/session", { headers: { Authorization: bearer(token) } }));
  adminToken.keep(token);
}

function sentenceOf(error: unknown): string {
  const problem = asProblem(error);
  return problem.code === "admin_required"
    ? "This is not the administrator's token."
    : problem.message;
}

interface AdminTokenFormProps {
  /** What the server said when it refused. */
  reason: string;
  onOpened: () => void;
}

/** Asks for the administrator's token and keeps it for this tab once the server accepts it. */
export function AdminTokenForm({ reason, onOpened }: AdminTokenFormProps) {
  const [token, setToken] = useState("");
  const opening = useMutation({ mutationFn: check, onSuccess: onOpened });
  const typed = token.trim();
  const wrong = typed !== "" && !isSendable(typed);

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (typed !== "" && !wrong) opening.mutate(typed);
  }

  return (
    <form onSubmit={submit} className={classes.panel}>
      <span className={classes.icon} aria-hidden="true">
        <IconLock size={28} stroke={1.6} />
      </span>
      <Title order={2} className={classes.title}>
        For administrators
      </Title>
      <p className={classes.text}>
        {reason} The server knows it as <code>DOCUVAULT_ADMIN_TOKEN</code>. It is kept in this tab
        only.
      </p>
      <PasswordInput
        className={classes.field}
        label="Administrator's token"
        autoComplete="off"
        required
        value={token}
        onChange={(event) => setToken(event.currentTarget.value)}
        error={
          wrong
            ? "A token holds letters, digits and signs, but no spaces or accents."
            : opening.error && sentenceOf(opening.error)
        }
      />
      <Button type="submit" loading={opening.isPending} disabled={typed === "" || wrong}>
        Open
      </Button>
    </form>
  );
}
