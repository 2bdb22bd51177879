import { useMutation, useQueryClient } from "@tanstack/react-query";
import { client, unwrap } from "@/api/client";
import { keys } from "@/api/keys";
import type { Topic } from "@/api/types";

export interface TopicDraft {
  name: string;
  description: string;
  color: string;
}

function useReadAgain() {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: keys.topics });
    void queries.invalidateQueries({ queryKey: keys.documents });
  };
}

/** Makes a topic, or changes the one that is given. */
export function useSaveTopic(topic: Topic | null) {
  const readAgain = useReadAgain();
  return useMutation({
    mutationFn: (body: TopicDraft) =>
      topic
        ? unwrap(
            client.PATCH("/api/topics/{topic_id}", {
              params: { path: { topic_id: topic.id } },
              body,
            }),
          )
        : unwrap(client.POST("/api/topics", { body })),
    onSuccess: readAgain,
  });
}

export function useDeleteTopic() {
  const readAgain = useReadAgain();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(client.DELETE("/api/topics/{topic_id}", { params: { path: { topic_id: id } } })),
    onSuccess: readAgain,
  });
}
