using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Subjects;

/// <summary>The gateway, with the upstream as its only provider and everything else as it comes.</summary>
internal sealed class SwitchyardProgram(string file, int upstreamPort, string directory) : ISubjectProgram
{
    public string Name => SubjectNames.Switchyard;

    public Launch Launch(int port)
    {
        var configuration = Path.Combine(directory, "switchyard.yaml");
        File.WriteAllText(configuration, $$"""
            providers:
              bench: { base_url: "http://127.0.0.1:{{upstreamPort}}/v1", key: bench-key }
            auto_enable: false
            """);
        return new Launch(Name, file, "serve", "--config", configuration, "--urls", FormattableString.Invariant($"http://127.0.0.1:{port}"));
    }
}
