using System.Net.Sockets;
using System.Text;

namespace Switchyard.Probe;

/// <summary>
/// Answers each connection to a Unix socket with this process's figures. It sleeps between connections and costs the program nothing.
/// </summary>
internal static class ProbeListener
{
    public static void Start(string path)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        new Thread(() => Serve(listener)) { IsBackground = true, Name = "probe" }.Start();
    }

    private static void Serve(Socket listener)
    {
        while (true)
        {
            using var asking = listener.Accept();
            asking.Send(Encoding.ASCII.GetBytes(RuntimeFigures.Current().ToText()));
        }
    }
}
