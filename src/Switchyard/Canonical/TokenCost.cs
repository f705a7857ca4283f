namespace Switchyard.Canonical;

/// <summary>
/// The cost of tokens, by class, in nano-dollars (1e-9 US dollars). Each class is the rest of the total after the classes before it, so
/// that they add up to the exact total, rounded once.
/// </summary>
public readonly record struct TokenCost
{
    /// <summary>Nano-dollars in a dollar.</summary>
    public const long NanoPerDollar = 1_000_000_000;

    /// <summary>Input neither read from nor written to a cache, without audio.</summary>
    public long Input { get; init; }

    /// <summary>Input read from the provider's cache.</summary>
    public long CacheRead { get; init; }

    /// <summary>Input written to the provider's cache.</summary>
    public long CacheWrite { get; init; }

    /// <summary>Audio of the prompt.</summary>
    public long InputAudio { get; init; }

    /// <summary>Output that is neither reasoning nor audio.</summary>
    public long Output { get; init; }

    /// <summary>Reasoning.</summary>
    public long Reasoning { get; init; }

    /// <summary>Audio of the answer.</summary>
    public long OutputAudio { get; init; }

    /// <summary>The call itself and uses of the provider's own tools, if it charges for them.</summary>
    public long Request { get; init; }

    /// <summary>The total.</summary>
    public long Total => Input + CacheRead + CacheWrite + InputAudio + Output + Reasoning + OutputAudio + Request;

    /// <summary>The total in US dollars.</summary>
    public decimal Dollars => ToDollars(Total);

    /// <summary>The sum of two costs.</summary>
    public static TokenCost operator +(TokenCost left, TokenCost right) => new()
    {
        Input = left.Input + right.Input,
        CacheRead = left.CacheRead + right.CacheRead,
        CacheWrite = left.CacheWrite + right.CacheWrite,
        InputAudio = left.InputAudio + right.InputAudio,
        Output = left.Output + right.Output,
        Reasoning = left.Reasoning + right.Reasoning,
        OutputAudio = left.OutputAudio + right.OutputAudio,
        Request = left.Request + right.Request,
    };

    /// <summary>Nano-dollars as US dollars.</summary>
    public static decimal ToDollars(long nano) => (decimal)nano / NanoPerDollar;

    /// <summary>US dollars as nano-dollars, rounded to the nearest; beyond 9.2 billion dollars it stops at the largest number.</summary>
    public static long ToNano(decimal dollars) =>
        dollars >= long.MaxValue / NanoPerDollar ? long.MaxValue : (long)Math.Round(dollars * NanoPerDollar, MidpointRounding.AwayFromZero);
}

/// <summary>Why tokens have no cost.</summary>
public enum Unpriced
{
    /// <summary>They have a cost.</summary>
    None,

    /// <summary>The price of the model is unknown.</summary>
    NoPrice,

    /// <summary>The price has no rate for a class of tokens that was used.</summary>
    NoRate,

    /// <summary>The provider reported no token counts.</summary>
    NoUsage,

    /// <summary>The provider charges by a unit other than tokens.</summary>
    OtherUnit,
}
