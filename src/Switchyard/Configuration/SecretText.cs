namespace Switchyard.Configuration;

/// <summary>Describes a secret in text; no other code does.</summary>
internal static class SecretText
{
    /// <summary>The text in place of a secret where settings are shown.</summary>
    public const string Mask = "********";

    /// <summary>Whether there is a secret, as text. No part of it is shown: a few known characters help to guess the rest.</summary>
    public static string Describe(string? secret) => secret switch
    {
        null => "not set",
        "" => "empty",
        _ => "set",
    };
}
