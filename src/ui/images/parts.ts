import './image-curves';
import './image-pair';
import './image-stage';
