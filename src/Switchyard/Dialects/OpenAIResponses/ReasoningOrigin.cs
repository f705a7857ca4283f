using System.Text;
using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// Distinguishes the reasoning items of a provider of this format from those made here of another model's reasoning. A client that changes
/// the model in a conversation sends the latter to a provider that has never seen them, and would refuse them.
/// </summary>
internal static class ReasoningOrigin
{
    // An id of the format's form that no provider gives.
    private const string Made = "rs_made_";
    private static readonly byte[] s_made = Encoding.ASCII.GetBytes(Made);
    private static readonly byte[] s_carried = Encoding.ASCII.GetBytes(CarriedReasoning.Prefix);

    /// <summary>An id for reasoning that another model gave.</summary>
    public static string IdOf(string stem) => Made + stem;

    /// <summary>
    /// Whether an item holds nothing a provider could recognise it by: no encrypted text or a carried one, which may be cut off, and no id
    /// or one that was made here.
    /// </summary>
    public static bool IsForeign(JsonElement item) => item.Text("encrypted_content") switch
    {
        null or "" => item.Text("id") is not { Length: > 0 } id || IsMade(id),
        { } text => text.StartsWith(CarriedReasoning.Prefix, StringComparison.Ordinal),
    };

    /// <summary>Whether a request's bytes hold reasoning that another format's provider signed.</summary>
    public static bool HoldsCarried(ReadOnlySpan<byte> body) => body.IndexOf(s_carried) >= 0;

    /// <summary>Whether a request's input holds an item that the provider would not recognise.</summary>
    public static bool HoldsForeign(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        reader.Read();
        while (reader.ReadToList("input"u8))
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.StartObject)
                    reader.Skip();
                else if (IsForeign(ref reader))
                    return true;
            }
        }

        return false;
    }

    private static bool IsForeign(ref Utf8JsonReader reader)
    {
        var (isReasoning, isEncrypted, isKnown, isCarried) = (false, false, false, false);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.Is("type"u8);
            var isText = reader.Is("encrypted_content"u8);
            var isId = reader.Is("id"u8);
            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
            {
                isReasoning |= isType && reader.Is("reasoning"u8);
                isEncrypted |= isText && reader.ValueSpan.Length > 0 && !reader.ValueSpan.StartsWith(s_carried);
                isCarried |= isText && reader.ValueSpan.StartsWith(s_carried);
                isKnown |= isId && reader.ValueSpan.Length > 0 && !reader.ValueSpan.StartsWith(s_made);
            }

            reader.Skip();
        }

        return isReasoning && (isCarried || (!isEncrypted && !isKnown));
    }

    private static bool IsMade(string id) => id.StartsWith(Made, StringComparison.Ordinal);
}
