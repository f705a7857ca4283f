using System.Globalization;
using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Client;

/// <summary>The metadata of a call in process: additional properties of its options that are not fields of the request.</summary>
internal static class CallOptions
{
    /// <summary>Refuses invalid values, with the name of the option.</summary>
    /// <exception cref="ArgumentException">A number is not finite, or a tool or a stop sequence is null.</exception>
    public static void Check(ChatOptions options)
    {
        CheckNumber(options.Temperature, nameof(options.Temperature));
        CheckNumber(options.TopP, nameof(options.TopP));
        CheckNumber(options.FrequencyPenalty, nameof(options.FrequencyPenalty));
        CheckNumber(options.PresencePenalty, nameof(options.PresencePenalty));
        if (options.Tools?.Contains(null!) == true)
            throw new ArgumentException("A tool is null.", nameof(options));
        if (options.StopSequences?.Contains(null!) == true)
            throw new ArgumentException("A stop sequence is null.", nameof(options));
    }

    private static void CheckNumber(float? number, string name)
    {
        if (number is { } value && !float.IsFinite(value))
            throw new ArgumentException($"{name} is {value.ToString(CultureInfo.InvariantCulture)}, which is no number.", nameof(number));
    }

    /// <summary>Removes a property from the options, which must be the call's own copy; null if it is absent.</summary>
    public static string? Take(AdditionalPropertiesDictionary? properties, string name) =>
        properties is not null && properties.Remove(name, out var value) ? value as string ?? value?.ToString() : null;
}
