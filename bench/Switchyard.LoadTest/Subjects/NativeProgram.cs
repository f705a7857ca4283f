using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Subjects;

/// <summary>The gateway compiled to native code, <c>samples/NativeGateway</c>: each of its arguments is a setting.</summary>
internal sealed class NativeProgram(string file, int upstreamPort) : ISubjectProgram
{
    public string Name => SubjectNames.Native;

    public Launch Launch(int port) => new(
        Name,
        file,
        FormattableString.Invariant($"server.urls=http://127.0.0.1:{port}"),
        FormattableString.Invariant($"providers.bench.base_url=http://127.0.0.1:{upstreamPort}/v1"),
        "providers.bench.key=bench-key",
        "providers.bench.dialect=openai-chat",
        "auto_enable=false");
}
