using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Subjects;

/// <summary>The gateway compiled to native code, <c>switchyard-edge</c>.</summary>
internal sealed class NativeProgram(string file, int upstreamPort) : ISubjectProgram
{
    public string Name => SubjectNames.Native;

    public Launch Launch(int port) => new(
        Name,
        file,
        "--urls",
        FormattableString.Invariant($"http://127.0.0.1:{port}"),
        "--set",
        FormattableString.Invariant($"providers.bench.base_url=http://127.0.0.1:{upstreamPort}/v1"),
        "--set",
        "providers.bench.key=bench-key",
        "--set",
        "providers.bench.dialect=openai-chat",
        "--set",
        "auto_enable=false");
}
