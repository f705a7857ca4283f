namespace Switchyard.Configuration;

/// <summary>Describes a secret in text; nothing else does.</summary>
internal static class SecretText
{
    /// <summary>What stands for a secret where settings are shown.</summary>
    public const string Mask = "********";

    /// <summary>Says whether there is a secret. No part of it is shown: a few known characters help whoever is guessing the rest.</summary>
    public static string Describe(string? secret) => secret switch
    {
        null => "not set",
        "" => "empty",
        _ => "set",
    };
}
