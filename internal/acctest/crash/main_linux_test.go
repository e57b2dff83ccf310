package crash

import (
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

func TestMain(m *testing.M) { acctest.Main(m) }
