using System.Net.Sockets;
using System.Text;

namespace Switchyard.Probe;

/// <summary>
/// Reads the runtime's figures of another .NET process from outside. The measured program is the one that ships: the runtime
/// loads this assembly into it before its main method, because of an environment variable.
/// </summary>
/// <param name="socket">The socket where the process answers: a path that does not exist yet, of at most 100 characters.</param>
public sealed class RuntimeProbe(string socket)
{
    internal const string SocketVariable = "BENCH_PROBE_SOCKET";

    /// <summary>The environment variables to start the process with.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>
    {
        ["DOTNET_STARTUP_HOOKS"] = typeof(RuntimeProbe).Assembly.Location,
        [SocketVariable] = socket,
    };

    /// <summary>Whether the process answers: a .NET process that is not compiled to native code does.</summary>
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
