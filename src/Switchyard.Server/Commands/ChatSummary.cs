using System.Globalization;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Server.Commands;

/// <summary>The line after an answer: the route, the model, the token counts, the cost and the time.</summary>
internal static class ChatSummary
{
    /// <summary><c>fast -> openai/gpt-4o: 12 tokens in, 34 out, $0.00037, 1.2 s, 2 attempts</c>.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="record">The record of the ended call; null if there is none.</param>
    /// <param name="elapsed">How long it took.</param>
    public static string Of(ChatResponse answer, CallRecord? record, TimeSpan elapsed)
    {
        var seconds = elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        var target = $"{Fact(AnswerFacts.Provider)}/{Fact(AnswerFacts.Model)}";
        return $"{Route()}{target}: "
            + $"{Number(answer.Usage?.InputTokenCount)} tokens in, {Number(answer.Usage?.OutputTokenCount)} out"
            + $"{Cost(record)}, {seconds} s{Attempts(record)}";

        string Route() => record?.Alias is { } alias && alias != target ? $"{alias} -> " : "";

        // A streamed answer carries the facts on its message, a whole answer on the response.
        string Fact(string name) => answer.Messages.Select(message => message.AdditionalProperties).Prepend(answer.AdditionalProperties)
            .Select(facts => facts?.GetValueOrDefault(name) as string).FirstOrDefault(fact => fact is not null) ?? "?";

        static string Number(long? count) => count?.ToString(CultureInfo.InvariantCulture) ?? "?";
    }

    private static string Cost(CallRecord? record) =>
        record is { Attempts.Count: > 0 } && record.Attempts.All(attempt => attempt.Unpriced == Unpriced.None)
            ? $", ${record.Cost.Dollars.ToString("0.#########", CultureInfo.InvariantCulture)}"
            : "";

    private static string Attempts(CallRecord? record) => record is { Attempts.Count: > 1 and var count }
        ? string.Create(CultureInfo.InvariantCulture, $", {count} attempts")
        : "";
}
