using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The circuit breaker of each target: a target that keeps failing is skipped for a while.</summary>
public sealed class CircuitOptions
{
    /// <summary>Whether targets have a circuit breaker.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("enabled")]
    public bool Enabled { get; set; } = true;

    /// <summary>The number of failures in a row that opens it.</summary>
    /// <value>The default is 5.</value>
    [ConfigurationKeyName("failures")]
    public int Failures { get; set; } = 5;

    /// <summary>The share of failed attempts within <see cref="Window"/> that opens it.</summary>
    /// <value>The default is 50%.</value>
    [ConfigurationKeyName("ratio"), Percent]
    public double Ratio { get; set; } = 0.5;

    /// <summary>The number of attempts within <see cref="Window"/> from which <see cref="Ratio"/> counts.</summary>
    /// <value>The default is 20.</value>
    [ConfigurationKeyName("minimum")]
    public int Minimum { get; set; } = 20;

    /// <summary>How far back <see cref="Ratio"/> looks.</summary>
    /// <value>The default is 30 seconds.</value>
    [ConfigurationKeyName("window")]
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long it stays open before one call may probe the target.</summary>
    /// <value>The default is 60 seconds.</value>
    [ConfigurationKeyName("open")]
    public TimeSpan Open { get; set; } = TimeSpan.FromSeconds(60);
}
