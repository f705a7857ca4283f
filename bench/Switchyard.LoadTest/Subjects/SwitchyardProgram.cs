using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Subjects;

/// <summary>The gateway, with the upstream as its only provider and everything else as it comes.</summary>
/// <param name="name">What the report calls it.</param>
/// <param name="dialect">The format it speaks with the upstream; the clients always speak OpenAI chat.</param>
/// <param name="file">The executable.</param>
/// <param name="upstreamPort">Where the upstream listens.</param>
/// <param name="directory">Where its configuration goes.</param>
internal sealed class SwitchyardProgram(string name, string dialect, string file, int upstreamPort, string directory) : ISubjectProgram
{
    public string Name => name;

    public Launch Launch(int port)
    {
        var configuration = Path.Combine(directory, $"{name}.yaml");
        File.WriteAllText(configuration, $$"""
            providers:
              bench: { base_url: "http://127.0.0.1:{{upstreamPort}}/v1", key: bench-key, dialect: {{dialect}} }
            auto_enable: false
            """);
        return new Launch(
            Name, file, "serve", "--config", configuration, "--urls", FormattableString.Invariant($"http://127.0.0.1:{port}"));
    }
}
