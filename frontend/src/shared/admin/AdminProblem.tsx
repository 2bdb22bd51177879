import { adminToken } from "@/api/admin";
import { asProblem } from "@/api/problem";
import { ProblemNotice } from "../ui/ProblemNotice";
import { AdminTokenForm } from "./AdminTokenForm";

interface AdminProblemProps {
  error: unknown;
  title: string;
  /** Asks the server again; called after the token was accepted, too. */
  onRetry: () => void;
}

/** A failed request of an administrator's page: asks for the token where that is what is missing. */
export function AdminProblem({ error, title, onRetry }: AdminProblemProps) {
  const problem = asProblem(error);
  if (problem.code !== "admin_required") {
    return <ProblemNotice title={title} error={error} onRetry={onRetry} />;
  }
  // A token that was kept and is refused is of no use any more.
  adminToken.forget();
  return <AdminTokenForm reason={problem.message} onOpened={onRetry} />;
}
