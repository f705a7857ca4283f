using System.Globalization;
using Microsoft.Extensions.AI;

namespace Switchyard.Providers.Mock;

/// <summary>Reads <see cref="MockOptions"/> from a provider's settings in the configuration.</summary>
internal static class MockSettings
{
    private const string Known =
        "delay, jitter, success_rate, error_message, answer, answers.<text>, seed, chunk_size, chunk_interval, streaming, "
        + "prompt_tokens, completion_tokens";

    private const string AnswerPrefix = "answers.";

    /// <exception cref="ProviderException">A setting is unknown, or its value is invalid.</exception>
    public static MockOptions Read(MockOptions options, IReadOnlyDictionary<string, string> settings)
    {
        foreach (var (key, value) in settings)
            options = Apply(options, key.Trim().ToLowerInvariant(), key, value);
        foreach (var problem in options.Validate())
            throw new ProviderException($"Mock setting {problem}.");
        return options;
    }

    private static MockOptions Apply(MockOptions options, string key, string written, string value) => key switch
    {
        "delay" => options with { Delay = Duration(key, value) },
        "jitter" => options with { Jitter = Duration(key, value) },
        "success_rate" => options with { SuccessRate = Number(key, value) },
        "error_message" => options with { ErrorMessage = value },
        "answer" => options with { Answer = value },
        "seed" => options with { Seed = Whole(key, value) },
        "chunk_size" => options with { ChunkSize = Whole(key, value) },
        "chunk_interval" => options with { ChunkInterval = Duration(key, value) },
        "streaming" => options with { EnableStreaming = Flag(key, value) },
        "prompt_tokens" => options with { Usage = Usage(Whole(key, value), options.Usage?.OutputTokenCount ?? 0) },
        "completion_tokens" => options with { Usage = Usage(options.Usage?.InputTokenCount ?? 0, Whole(key, value)) },
        _ when key.StartsWith(AnswerPrefix, StringComparison.Ordinal) => options with
        {
            // The key as written, not lower-cased: messages are matched with regard to case.
            Answers = new Dictionary<string, string>(options.Answers) { [written.Trim()[AnswerPrefix.Length..]] = value },
        },
        _ => throw new ProviderException($"Mock setting '{written}' is not known. Known: {Known}."),
    };

    private static UsageDetails Usage(long input, long output) =>
        new() { InputTokenCount = input, OutputTokenCount = output, TotalTokenCount = input + output };

    private static int Whole(string key, string value) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ProviderException($"Mock setting {key} must be a whole number, not '{value}'.");

    private static double Number(string key, string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ProviderException($"Mock setting {key} must be a number, not '{value}'.");

    private static bool Flag(string key, string value) =>
        bool.TryParse(value, out var flag)
            ? flag
            : throw new ProviderException($"Mock setting {key} must be true or false, not '{value}'.");

    private static TimeSpan Duration(string key, string value)
    {
        var text = value.Trim();
        var units = text.AsSpan().TrimStart("-0123456789.");
        if (units is "ms" or "s" or "m" or "h"
            && double.TryParse(text.AsSpan(0, text.Length - units.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out var amount)
            && Math.Abs(amount) < 1e9)
        {
            return units switch
            {
                "ms" => TimeSpan.FromMilliseconds(amount),
                "s" => TimeSpan.FromSeconds(amount),
                "m" => TimeSpan.FromMinutes(amount),
                _ => TimeSpan.FromHours(amount),
            };
        }

        if (text == "0")
            return TimeSpan.Zero;
        // A host's configuration may already have converted 100ms to 00:00:00.1.
        if (text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span))
            return span;
        throw new ProviderException($"Mock setting {key} must be a duration such as 100ms or 2s, not '{value}'.");
    }
}
