using System.Runtime.InteropServices;
using Spectre.Console;

namespace Switchyard.Server.Commands;

/// <summary>
/// What somebody looks at: colours and pictures that move only where a stream is a terminal, and no colours where <c>NO_COLOR</c> asks for
/// none.
/// </summary>
internal static class Terminal
{
    /// <summary>Draws on a stream. It finds out by itself what the stream can show.</summary>
    public static IAnsiConsole Of(TextWriter stream) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(stream) });

    /// <summary>Writes a line that stands back behind the rest: how long something took, what may be done next.</summary>
    public static void Note(TextWriter stream, string line)
    {
        var console = Of(stream);
        if (console.Profile.Out.IsTerminal)
            console.Write(new Text(line + "\n", new Style(Color.Grey)));
        else
            stream.WriteLine(line);
    }

    /// <summary>Lets Ctrl-C end what is being done, and not the program, until the result is disposed.</summary>
    public static IDisposable OnInterrupt(Action end) => PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
    {
        signal.Cancel = true;
        end();
    });
}
