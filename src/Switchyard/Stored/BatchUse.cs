using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.OpenAIChat;

namespace Switchyard.Stored;

/// <summary>The token usage of a batch. Immutable.</summary>
/// <param name="Batch">The batch's id.</param>
/// <param name="Models">The usage by model. A model may have several sums.</param>
internal sealed record BatchUse(string Batch, IReadOnlyCollection<KeyValuePair<string, TokenUsage>> Models)
{
    /// <summary>
    /// Reads a provider's batch object; null while the batch runs, or if its usage is missing: a sum without a model has no price, and a
    /// sum of 0 tokens is not usage.
    /// </summary>
    public static BatchUse? Of(ReadOnlySpan<byte> json)
    {
        string? id = null, model = null, status = null;
        var usage = default(TokenUsage);
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
            ? new(id, new Dictionary<string, TokenUsage>(StringComparer.Ordinal) { [ModelNames.Shown(model)] = usage })
            : null;
    }

    /// <summary>Reads the member at the reader's current name; null if it is not text.</summary>
    private static string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        reader.Skip();
        return text;
    }
}
