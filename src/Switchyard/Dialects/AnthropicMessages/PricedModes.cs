using System.Text.Json;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// Modes of a call that multiply its price, beside the service tier: fast mode (<c>speed</c>) and the United States alone
/// (<c>inference_geo</c>). Prices have them as further tiers: <c>fast</c>, <c>us</c> and <c>fast-us</c>.
/// </summary>
internal static class PricedModes
{
    private const string Fast = "fast";
    private const string UnitedStates = "us";
    private const string Both = "fast-us";

    /// <summary>The tier after a value of <c>speed</c> or <c>inference_geo</c>, at the reader's position.</summary>
    /// <param name="reader">The reader; left on the value's last token.</param>
    /// <param name="tier">The tier so far.</param>
    public static string? Read(ref Utf8JsonReader reader, string? tier)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return tier;
        }

        return reader.ValueTextEquals("fast"u8) ? (tier is UnitedStates or Both ? Both : Fast)
            : reader.ValueTextEquals("us"u8) ? (tier is Fast or Both ? Both : UnitedStates)
            : tier;
    }

    /// <summary>The tier after a value of <c>service_tier</c>: a mode decides about the price.</summary>
    public static string? Over(string? tier, string? serviceTier) => tier is Fast or UnitedStates or Both ? tier : serviceTier ?? tier;
}
