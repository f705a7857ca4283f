using Microsoft.Extensions.AI;

namespace Switchyard.Canonical;

/// <summary>
/// Token counts of one call, in one convention for every provider: <see cref="Input"/> includes cached and cache-write tokens,
/// <see cref="Output"/> includes reasoning tokens. Null means that the provider did not report the count. It also counts the
/// uses of tools that the provider runs itself and charges for by use.
/// </summary>
public readonly record struct TokenUsage
{
    /// <summary>The largest plausible count. A larger one is a fault of the server that reports it.</summary>
    internal const long MaxCount = 1_000_000_000_000_000;

    // Each field holds the count plus 1, and 0 if it is unknown: eight nullable numbers would take twice the memory, and each
    // attempt and each probe of an answer holds them. The last three are small, even in the sums of a batch, and share one
    // field.
    private readonly long _input;
    private readonly long _output;
    private readonly long _cacheRead;
    private readonly long _cacheWrite;
    private readonly long _reasoning;
    private readonly long _inputAudio;
    private readonly long _outputAudio;
    private readonly uint _cacheWriteHour;
    private readonly ushort _webSearches;
    private readonly ushort _fileSearches;

    /// <summary>All prompt tokens, cached and cache-write ones included.</summary>
    public long? Input
    {
        get => Read(_input);
        init => _input = Kept(value);
    }

    /// <summary>All generated tokens, reasoning included.</summary>
    public long? Output
    {
        get => Read(_output);
        init => _output = Kept(value);
    }

    /// <summary>Prompt tokens read from the provider's cache (a part of <see cref="Input"/>).</summary>
    public long? CacheRead
    {
        get => Read(_cacheRead);
        init => _cacheRead = Kept(value);
    }

    /// <summary>Prompt tokens written to the provider's cache (a part of <see cref="Input"/>).</summary>
    public long? CacheWrite
    {
        get => Read(_cacheWrite);
        init => _cacheWrite = Kept(value);
    }

    /// <summary>Prompt tokens written to the provider's cache for an hour, which cost more (a part of <see cref="CacheWrite"/>).</summary>
    public long? CacheWriteHour
    {
        get => Read(_cacheWriteHour);
        init => _cacheWriteHour = (uint)Kept(value, uint.MaxValue);
    }

    /// <summary>Reasoning tokens (a part of <see cref="Output"/>).</summary>
    public long? Reasoning
    {
        get => Read(_reasoning);
        init => _reasoning = Kept(value);
    }

    /// <summary>Audio tokens of the prompt (a part of <see cref="Input"/>).</summary>
    public long? InputAudio
    {
        get => Read(_inputAudio);
        init => _inputAudio = Kept(value);
    }

    /// <summary>Audio tokens of the answer (a part of <see cref="Output"/>).</summary>
    public long? OutputAudio
    {
        get => Read(_outputAudio);
        init => _outputAudio = Kept(value);
    }

    /// <summary>How often the provider searched the web for the answer.</summary>
    public long? WebSearches
    {
        get => Read(_webSearches);
        init => _webSearches = (ushort)Kept(value, ushort.MaxValue);
    }

    /// <summary>How often the provider searched files that it stores for the answer.</summary>
    public long? FileSearches
    {
        get => Read(_fileSearches);
        init => _fileSearches = (ushort)Kept(value, ushort.MaxValue);
    }

    /// <summary>Whether the provider reported no counts.</summary>
    public bool IsEmpty => this == default;

    /// <summary>Input plus output; null if neither is known.</summary>
    public long? Total => Sum(Input, Output);

    /// <summary>The count; null if it is negative or beyond <see cref="MaxCount"/>, so that it counts as not reported.</summary>
    internal static long? Plausible(long? count) => count is >= 0 and <= MaxCount ? count : null;

    /// <summary>The sum of counts of which some are unknown; null if all are. It stops at <see cref="MaxCount"/>.</summary>
    internal static long? Sum(long? first, long? second, long? third = null)
    {
        if (first is null && second is null && third is null)
            return null;
        return Math.Min(Bounded(first) + Bounded(second) + Bounded(third), MaxCount);

        static long Bounded(long? count) => Math.Clamp(count ?? 0, 0, MaxCount);
    }

    /// <summary>
    /// This usage, updated with each field that the later report has: in a stream the last value of a field wins; values are never
    /// added up. A report of zeros changes no counts: some servers end a stream with one, after the real one.
    /// </summary>
    public TokenUsage UpdatedBy(TokenUsage later) => later is { Input: 0, Output: 0 or null } && Total > 0 ? this : new()
    {
        Input = later.Input ?? Input,
        Output = later.Output ?? Output,
        CacheRead = later.CacheRead ?? CacheRead,
        CacheWrite = later.CacheWrite ?? CacheWrite,
        CacheWriteHour = later.CacheWriteHour ?? CacheWriteHour,
        Reasoning = later.Reasoning ?? Reasoning,
        InputAudio = later.InputAudio ?? InputAudio,
        OutputAudio = later.OutputAudio ?? OutputAudio,
        WebSearches = later.WebSearches ?? WebSearches,
        FileSearches = later.FileSearches ?? FileSearches,
    };

    /// <summary>The usage of two requests together.</summary>
    internal TokenUsage Plus(in TokenUsage other) => new()
    {
        Input = Sum(Input, other.Input),
        Output = Sum(Output, other.Output),
        CacheRead = Sum(CacheRead, other.CacheRead),
        CacheWrite = Sum(CacheWrite, other.CacheWrite),
        CacheWriteHour = Sum(CacheWriteHour, other.CacheWriteHour),
        Reasoning = Sum(Reasoning, other.Reasoning),
        InputAudio = Sum(InputAudio, other.InputAudio),
        OutputAudio = Sum(OutputAudio, other.OutputAudio),
        WebSearches = Sum(WebSearches, other.WebSearches),
        FileSearches = Sum(FileSearches, other.FileSearches),
    };

    /// <summary>
    /// The canonical form. Cache-write and audio counts and uses of tools go to <see cref="UsageDetails.AdditionalCounts"/> under
    /// <see cref="CanonicalKeys"/>.
    /// </summary>
    public UsageDetails ToUsageDetails()
    {
        var details = new UsageDetails
        {
            InputTokenCount = Input,
            OutputTokenCount = Output,
            TotalTokenCount = Total,
            CachedInputTokenCount = CacheRead,
            ReasoningTokenCount = Reasoning,
        };
        Add(CanonicalKeys.CacheWriteTokens, CacheWrite);
        Add(CanonicalKeys.CacheWriteHourTokens, CacheWriteHour);
        Add(CanonicalKeys.InputAudioTokens, InputAudio);
        Add(CanonicalKeys.OutputAudioTokens, OutputAudio);
        Add(CanonicalKeys.WebSearches, WebSearches);
        Add(CanonicalKeys.FileSearches, FileSearches);
        return details;

        void Add(string key, long? count)
        {
            if (count is { } value)
                (details.AdditionalCounts ??= [])[key] = value;
        }
    }

    /// <summary>
    /// Reads the canonical form. A provider in the process may have reported anything; implausible counts are left out.
    /// </summary>
    public static TokenUsage From(UsageDetails? details)
    {
        if (details is null)
            return default;
        return new TokenUsage
        {
            Input = Plausible(details.InputTokenCount),
            Output = Plausible(details.OutputTokenCount),
            CacheRead = Plausible(details.CachedInputTokenCount),
            Reasoning = Plausible(details.ReasoningTokenCount),
            CacheWrite = Count(CanonicalKeys.CacheWriteTokens),
            CacheWriteHour = Count(CanonicalKeys.CacheWriteHourTokens),
            InputAudio = Count(CanonicalKeys.InputAudioTokens),
            OutputAudio = Count(CanonicalKeys.OutputAudioTokens),
            WebSearches = Count(CanonicalKeys.WebSearches),
            FileSearches = Count(CanonicalKeys.FileSearches),
        };

        long? Count(string key) =>
            details.AdditionalCounts is { } counts && counts.TryGetValue(key, out var value) ? Plausible(value) : null;
    }

    private static long? Read(long kept) => kept == 0 ? null : kept - 1;

    // -1 would be stored as 0, and is not a count.
    private static long Kept(long? count) => count is null or -1 ? 0 : count.Value + 1;

    private static long Kept(long? count, long most) => count is >= 0 and var known ? Math.Min(known, most - 1) + 1 : 0;
}
