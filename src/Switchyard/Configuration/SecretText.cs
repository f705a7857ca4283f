namespace Switchyard.Configuration;

/// <summary>The only way a secret is ever described in text.</summary>
internal static class SecretText
{
    /// <summary>Says whether there is a secret. No part of it is shown: a few known characters help whoever is guessing the rest.</summary>
    public static string Describe(string? secret) => secret switch
    {
        null => "not set",
        "" => "empty",
        _ => "set",
    };
}
