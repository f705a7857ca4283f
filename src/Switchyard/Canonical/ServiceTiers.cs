using System.Runtime.InteropServices;
using System.Text.Json;

namespace Switchyard.Canonical;

/// <summary>
/// The names of service tiers, as requests and answers write them. The ordinary tier has several; <c>auto</c> is none: it leaves the choice
/// to the provider, as a request without a tier does.
/// </summary>
internal static class ServiceTiers
{
    private const string Ordinary = "default";

    private static readonly string[] s_ordinary = [Ordinary, "standard", "standard_only", "on_demand"];
    private static readonly string[] s_open = ["", "auto", "unspecified"];

    /// <summary>Whether it is a name of the ordinary tier.</summary>
    public static bool IsOrdinary(string? tier) => tier is not null && s_ordinary.Contains(tier, StringComparer.OrdinalIgnoreCase);

    /// <summary>A name; null where it names no tier.</summary>
    public static string? Named(string? tier) => tier is null || s_open.Contains(tier, StringComparer.OrdinalIgnoreCase) ? null : tier;

    /// <summary>
    /// Reads the value the reader stands on and leaves it on the value's last token; null where it names no tier. For the usual names
    /// nothing is allocated.
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

    /// <summary>Reads an element; null where it names no tier.</summary>
    public static string? Read(JsonElement? tier)
    {
        if (tier is not { ValueKind: JsonValueKind.String } text)
            return null;
        var reader = new Utf8JsonReader(JsonMarshal.GetRawUtf8Value(text));
        reader.Read();
        return Read(ref reader);
    }

    /// <summary>The tier among the kept fields of a request or an answer; null where they name none.</summary>
    public static string? In(IReadOnlyDictionary<string, object?>? kept) =>
        kept is null || !kept.TryGetValue("service_tier", out var value) ? null : value switch
        {
            string text => Named(text),
            JsonElement element => Read(element),
            _ => null,
        };
}
