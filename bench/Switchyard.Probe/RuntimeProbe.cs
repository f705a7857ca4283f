using System.Net.Sockets;
using System.Text;

namespace Switchyard.Probe;

/// <summary>
/// Reads the runtime's own figures of another .NET process from outside. The program under measurement is the one that ships: the runtime
/// loads this assembly into it before its main method, as the environment of the process says.
/// </summary>
/// <param name="socket">Where the process is to answer: a path that does not exist yet, of at most 100 characters.</param>
public sealed class RuntimeProbe(string socket)
{
    internal const string SocketVariable = "BENCH_PROBE_SOCKET";

    /// <summary>The environment variables the process is to be started with.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>
    {
        ["DOTNET_STARTUP_HOOKS"] = typeof(RuntimeProbe).Assembly.Location,
        [SocketVariable] = socket,
    };

    /// <summary>Whether the process answers: it is a .NET process, and not one compiled to native code.</summary>
    public bool IsThere => File.Exists(socket);

    /// <summary>The figures of this moment.</summary>
    public RuntimeFigures Read()
    {
        using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        connection.Connect(new UnixDomainSocketEndPoint(socket));
        using var stream = new NetworkStream(connection);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return RuntimeFigures.Parse(reader.ReadToEnd());
    }
}
