using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.OpenAIChat;

namespace Switchyard.Stored;

/// <summary>The sum of answers of one model in a batch. Immutable.</summary>
/// <param name="Usage">Their usage.</param>
/// <param name="Requests">How many they are.</param>
/// <param name="Grounded">How many of them searched the web.</param>
internal readonly record struct BatchSum(TokenUsage Usage, long Requests, long Grounded)
{
    /// <summary>The sum with one more answer.</summary>
    public BatchSum Plus(in TokenUsage usage) =>
        new(Usage.Plus(usage), Requests + 1, Grounded + (usage.WebSearches > 0 ? 1 : 0));
}

/// <summary>The token usage of a batch. Immutable.</summary>
/// <param name="Batch">The batch's id.</param>
/// <param name="Models">The sums by model. A model may have several.</param>
internal sealed record BatchUse(string Batch, IReadOnlyCollection<KeyValuePair<string, BatchSum>> Models)
{
    /// <summary>
    /// The most requests that a batch is taken to have: 1,000,000. OpenAI allows 50,000 and Anthropic 100,000 (API references). Each answer
    /// is charged what the price has for a request, so that a wrong number of a provider would use up every budget.
    /// </summary>
    private const long MostRequests = 1_000_000;

    /// <summary>
    /// Reads a provider's batch object; null while the batch runs, or if its usage is missing: a sum without a model has no price, and a
    /// sum of 0 tokens is not usage.
    /// </summary>
    public static BatchUse? Of(ReadOnlySpan<byte> json)
    {
        string? id = null, model = null, status = null;
        var usage = default(TokenUsage);
        long? completed = null;
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("id"u8))
                    id = Text(ref reader);
                else if (reader.ValueTextEquals("model"u8))
                    model = Text(ref reader);
                else if (reader.ValueTextEquals("status"u8))
                    status = Text(ref reader);
                else if (reader.ValueTextEquals("usage"u8) && reader.Read())
                    usage = UsageReader.Read(ref reader);
                else if (reader.ValueTextEquals("request_counts"u8) && reader.Read())
                    completed = Completed(ref reader);
                else if (reader.Read())
                    reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }

        var isOver = status is "completed" or "expired" or "cancelled" or "failed";
        return isOver && id is { Length: > 0 } && model is { Length: > 0 } && usage.Total is > 0
            ? new(id, [new(ModelNames.Shown(model), SumOf(usage, completed))])
            : null;
    }

    /// <summary>Of the answers that searched the web only their searches are known: each had at least one.</summary>
    private static BatchSum SumOf(in TokenUsage usage, long? completed)
    {
        var requests = Math.Max(1, completed ?? 1);
        return new(usage, requests, Math.Min(requests, usage.WebSearches ?? 0));
    }

    /// <summary>
    /// Reads the number of answers from the reader's current value; null if it has none that a batch can have. There are not more of them
    /// than requests.
    /// </summary>
    private static long? Completed(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }

        long? completed = null, total = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isCompleted, isTotal) = (reader.ValueTextEquals("completed"u8), reader.ValueTextEquals("total"u8));
            reader.Read();
            if (isCompleted)
                completed = Count(ref reader);
            else if (isTotal)
                total = Count(ref reader);
            reader.Skip();
        }

        return completed is null ? null : Math.Min(completed.Value, total ?? MostRequests);
    }

    private static long? Count(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var count) && count is >= 0 and <= MostRequests ? count : null;

    /// <summary>Reads the member at the reader's current name; null if it is not text.</summary>
    private static string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        reader.Skip();
        return text;
    }
}
