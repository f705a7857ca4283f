using Switchyard.LoadTest.Load;
using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Subjects;

/// <summary>The gateway, with the upstream as its only provider and defaults for everything else.</summary>
/// <param name="name">Its name in the report.</param>
/// <param name="file">The executable.</param>
/// <param name="upstreamPort">The port of the upstream.</param>
/// <param name="directory">The directory for its configuration.</param>
internal sealed class SwitchyardProgram(string name, string file, int upstreamPort, string directory) : ISubjectProgram
{
    public string Name => name;

    /// <summary>The format it speaks with the upstream; the clients always speak OpenAI chat.</summary>
    public string Dialect { get; init; } = "openai-chat";

    /// <summary>Whether clients need a key: there are two, and the load presents the second.</summary>
    public bool ClientKeys { get; init; }

    /// <summary>
    /// The durability of the ledger, <c>relaxed</c> or <c>strict</c>, with a key's limits and a budget; null for none of these.
    /// </summary>
    public string? Ledger { get; init; }

    /// <summary>Whether answers are cached.</summary>
    public bool Cache { get; init; }

    /// <summary>In a stream translated from Anthropic's format, the role comes in a separate frame.</summary>
    public int ExtraFrames { get; init; }

    // Limits and budget are far above a run's use: only the cost of checking them is measured.
    private string Money => Ledger is null ? "" : $$"""
        prices: { "bench/*": { input: 1, output: 10 } }
        keys: { bench: { key: {{RequestBytes.ClientKey}}, limits: { rpm: 100000000, tpm: 100000000000 }, budget: { usd: 1000000 } } }
        budgets: { total: { usd: 1000000, period: day } }
        storage: { ledger: "sqlite:{{Path.Combine(directory, $"{name}-{Guid.NewGuid():n}.db")}}", durability: {{Ledger}} }
        """;

    public Launch Launch(int port)
    {
        var configuration = Path.Combine(directory, $"{name}.yaml");
        File.WriteAllText(configuration, $$"""
            providers:
              bench: { base_url: "http://127.0.0.1:{{upstreamPort}}/v1", key: bench-key, dialect: {{Dialect}} }
            auto_enable: false
            {{(Cache ? "cache: { enabled: true }" : "")}}
            {{Money}}
            {{(ClientKeys ? $"server: {{ keys: [ another-client-key, {RequestBytes.ClientKey} ] }}" : "")}}
            """);
        return new Launch(
            Name, file, "serve", "--config", configuration, "--urls", FormattableString.Invariant($"http://127.0.0.1:{port}"));
    }
}
