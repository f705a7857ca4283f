using System.Globalization;
using Microsoft.Extensions.AI;

namespace Switchyard.Client;

/// <summary>Checks the options of a chat in process.</summary>
internal static class CallOptions
{
    /// <summary>Refuses invalid values, with the name of the option.</summary>
    /// <exception cref="ArgumentException">A number is not finite, or a tool or a stop sequence is null.</exception>
    public static void Check(ChatOptions options)
    {
        CheckNumber(options.Temperature, nameof(options.Temperature), nameof(options));
        CheckNumber(options.TopP, nameof(options.TopP), nameof(options));
        CheckNumber(options.FrequencyPenalty, nameof(options.FrequencyPenalty), nameof(options));
        CheckNumber(options.PresencePenalty, nameof(options.PresencePenalty), nameof(options));
        if (options.Tools?.Contains(null!) == true)
            throw new ArgumentException("A tool is null.", nameof(options));
        if (options.StopSequences?.Contains(null!) == true)
            throw new ArgumentException("A stop sequence is null.", nameof(options));
    }

    /// <summary>Refuses a number that JSON cannot hold.</summary>
    /// <param name="number">The number; null is none.</param>
    /// <param name="name">The option that holds it.</param>
    /// <param name="parameter">The caller's parameter that holds the option.</param>
    /// <exception cref="ArgumentException">The number is not finite.</exception>
    public static void CheckNumber(float? number, string name, string parameter)
    {
        if (number is { } value && !float.IsFinite(value))
            throw new ArgumentException($"{name} is {value.ToString(CultureInfo.InvariantCulture)}, which is no number.", parameter);
    }
}
