using System.Runtime.InteropServices;
using System.Text.Json;

namespace Switchyard.Canonical;

/// <summary>
/// The names of service tiers in requests and answers. The ordinary tier has several; <c>auto</c> is not a tier: it leaves the choice
/// to the provider, like a request without a tier.
/// </summary>
internal static class ServiceTiers
{
    private const string Ordinary = "default";

    private static readonly string[] s_ordinary = [Ordinary, "standard", "standard_only", "on_demand"];
    private static readonly string[] s_open = ["", "auto", "unspecified"];

    /// <summary>Whether it is a name of the ordinary tier.</summary>
    public static bool IsOrdinary(string? tier) => tier is not null && s_ordinary.Contains(tier, StringComparer.OrdinalIgnoreCase);

    /// <summary>The tier's name; null if the value names no tier.</summary>
    public static string? Named(string? tier) => tier is null || s_open.Contains(tier, StringComparer.OrdinalIgnoreCase) ? null : tier;

    /// <summary>
    /// Reads the current value of the reader and leaves the reader on its last token; null if it names no tier. The usual names
    /// allocate nothing.
    /// </summary>
    public static string? Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return null;
        }

        if (reader.ValueTextEquals("default"u8) || reader.ValueTextEquals("standard"u8) || reader.ValueTextEquals("on_demand"u8))
            return Ordinary;
        if (reader.ValueTextEquals("auto"u8))
            return null;
        if (reader.ValueTextEquals("priority"u8))
            return "priority";
        return reader.ValueTextEquals("flex"u8) ? "flex" : Named(reader.GetString());
    }

    /// <summary>Reads an element; null if it names no tier.</summary>
    public static string? Read(JsonElement? tier)
    {
        if (tier is not { ValueKind: JsonValueKind.String } text)
            return null;
        var reader = new Utf8JsonReader(JsonMarshal.GetRawUtf8Value(text));
        reader.Read();
        return Read(ref reader);
    }

    /// <summary>The tier among the kept fields of a request or an answer; null if they name none.</summary>
    public static string? In(IReadOnlyDictionary<string, object?>? kept) =>
        kept is null || !kept.TryGetValue("service_tier", out var value) ? null : value switch
        {
            string text => Named(text),
            JsonElement element => Read(element),
            _ => null,
        };
}
